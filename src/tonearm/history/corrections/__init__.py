"""What a listener corrects: an overlay on plays and catalogue, which themselves stay what the evidence says."""
