"""What a release consists of, built and tried: `make release`.

1. export: HEAD alone, in an empty folder;
2. the source archive and a wheel, and a second wheel from the source archive, which gets what it asks for and no more;
3. archives: both wheels have the same files, all that a wheel must have and nothing else;
4. bare: the wheel in empty environments outside of the checkout, smoke.py in each;
5. the licences of everything required, and the bill of materials.

The wheels that are published come from .github/workflows/release.yml, where cibuildwheel builds and tests one for each
system and Python; a wheel of this machine's serves this machine.
"""
