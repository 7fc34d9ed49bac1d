"""What is read for people: cases, clocks, custody, papers, tasks, figures, and the words for them."""
