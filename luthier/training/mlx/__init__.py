"""The engine for Apple silicon: MLX, with mlx-lm's models and our own loop, whose every state can be resumed."""
