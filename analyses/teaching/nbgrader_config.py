"""Settings of nbgrader for a class; read when nbgrader is run in this folder."""

c = get_config()  # noqa: F821 (nbgrader defines it)

c.CourseDirectory.course_id = "regional-economics"
c.Execute.timeout = 120  # seconds a cell
c.ClearSolutions.code_stub = {"python": "# Your code here\nraise NotImplementedError()"}
