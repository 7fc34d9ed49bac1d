"""What every route stands on: context, lists of the district, problems, pages of a list, request schemas."""
