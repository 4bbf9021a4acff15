"""What runs as a small function of its own, with nothing but boto3: its text is part of the template."""
