def markdown(rows):
    return ""
