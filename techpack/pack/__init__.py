"""The pack, computed: template, analyses and typed values laid over one another."""
