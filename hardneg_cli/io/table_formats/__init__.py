"""One kind of table file each: recognises, columns, read, rewrite."""
