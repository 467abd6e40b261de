"""What can be told of rows that can be learned from: repetitions, language, labels, oddities, quality."""
