"""Who works on a pass: `engaged(scheduler)` answers a context, in which a pass over the probabilities is shared out."""
