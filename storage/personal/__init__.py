"""Personal data (个人信息): what each column and field is, how long it is kept, who was shown it, and its end."""
