"""Modals: views that apps open for a person, who fills them in and submits or closes them."""
