"""Models held and computed by MLX, Apple's library; imported only where a run's engine is mlx."""
