NEEDS = {}
