"""The two ways to leave a script to QuickJS: before it runs, and while it runs."""


class Unsupported(Exception):  # noqa: N818 - no fault of the script
    """The script is not of the part of JavaScript that runs as Python."""


class Bail(Exception):  # noqa: N818 - no fault of the script
    """This call must be done by QuickJS: what happens next is not covered here, or is an error of the script.

    Nothing outside the call has changed when it is raised.
    """
