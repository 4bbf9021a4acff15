"""The licence of everything that Lode requires, judged: `make licences`.

1. groups: what there is, by who gets it: users, an extra, the images, or developers alone;
2. found: a package's licence as an SPDX expression, from its metadata, else from its licence's text, else from
   told.toml, where a person who read it wrote it down;
3. rules: whether a project under the Apache License 2.0 may require it;
4. page: docs/licences.md; bill: a bill of materials in CycloneDX's format.

Neither pip-licenses nor cyclonedx-bom is used. Both see only what is installed on this platform, the first repeats what
metadata claim, which for a third of these packages is no SPDX expression, and the second knows no rules.
"""
