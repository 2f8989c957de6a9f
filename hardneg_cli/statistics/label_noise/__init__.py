"""The label-noise model: p(written | true), score, cut and count."""
