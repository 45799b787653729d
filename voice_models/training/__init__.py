"""The recipe of our telephone models: texts -> speech -> telephone -> features -> network -> graph -> report.

Needs the `training` extra; nothing here is imported at run time.
"""
