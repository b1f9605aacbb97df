"""Answers given elsewhere, taken over: CSV and Excel files (LimeSurvey, Microsoft Forms and others), and LimeSurvey by its API.

reading     a file as rows with their line numbers
mapping     which column is which question, and which text which answer
check       rows to answers; every fault with line and column, and nothing is taken over while there is one
limesurvey  the rows of a LimeSurvey survey
"""
