"""What operators have to know: found in the database's figures, told to Alertmanager.

``figures`` reads, ``rules`` decide and touch nothing, ``evaluating`` writes what began and ended
firing, ``delivering`` tells Alertmanager, ``watching`` does all of it in turn.
"""
