"""What may be told from answers: pure arithmetic on arrays, without database or model classes.

Values are numbers, a missing one is NaN (or None). What can not be told is an `Estimate` without value and with its `Reason`; wrong
input is `Invalid`, which says how to mend it. The same data and key always give the same interval.

answers        what was answered, not known, not applicable or left out; scale scores; shares
reliability    Cronbach's alpha, McDonald's omega
agreement      r_wg and r_wg(j): do the people of a unit see it alike?
units          ICC(1), ICC(2): do units differ, so that they may be compared?
precision      finite populations, margins, Wilson for weighted shares, answers needed
weights        post-stratification, raking, trimming, Kish
nonresponse    response rates, and what those who did not answer could change
bootstrap      intervals and draws by resampling people
differences    units or rounds against each other: interval, effect size, correction for many comparisons
assessors      Krippendorff's alpha for those who judge documents
levels         from values to a level: anchors, coverage, must criteria
chances        P(level) and P(change) from draws
"""
