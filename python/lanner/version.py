"""The version of Lanner. It stands here alone: the build of the server (Directory.Build.props) and of the package (pyproject.toml) read this line."""
__version__ = "0.1.0"
