"""Who agrees with whom about what, over one or many articles, and how sure is that, given how sure the classifier was?"""
