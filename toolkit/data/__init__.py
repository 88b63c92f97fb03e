"""What was observed: panels, loaders, codebooks, registers of regions."""
