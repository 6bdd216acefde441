"""The noun `work`: a work item, which agents and people hold by a lease."""
