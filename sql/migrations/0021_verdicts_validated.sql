-- The wider check of verdicts holds for every stored click; reading them all keeps no click out of the table.

alter table clicks validate constraint clicks_verdict_check;
