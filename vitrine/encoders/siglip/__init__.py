"""SigLIP encoders of texts and images into one space (Zhai et al. 2023; SigLIP 2, Tschannen et al. 2025)."""
