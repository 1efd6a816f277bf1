"""Functions by the name `module.function`: keyword arguments in, a value out, both of the kinds that `messages` has.

Only the reference's process imports these modules.
"""
