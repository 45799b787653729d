"""Closed word lists by language: what each word can do in a sentence that cancels, keeps, moves or asks.

A list is text: forms separated by spaces, `stem(a,b)` meaning `stema stemb`, all without diacritics. The tag before the
dot is the sense, after it the form: `cancel.1` "odwołuję", `cancel.inf` "odwołać", `cancel.ipf` the imperfective forms
that Polish uses after a negation ("nie odwoływać"), `cancel.past`, `cancel.done` "odwołana", `cancel.noun` "odwołanie".
"""
