"""Docstrings as HTML."""

import pytest

from toolkit.report.docstrings import call_in_example, inline, rendered


def formula(tex, display=False):
    return f"[{tex}|{display}]"


def example():
    """A function whose docstring has one of everything; made here so that its example is not run as a test."""

    def described(x):
        r"""Doubles a number ``x`` < 3.

        See `other`, and :math:`a_b`:

        - first;
        - second
          goes on.

        .. math:: y = \rho x

        Parameters
        ----------
        x : float
            In kilometres.

        Returns
        -------
        float

        Raises
        ------
        ValueError
            Never.

        Examples
        --------
        >>> import toolkit as tk
        >>> y = 1
        >>> described(y).real
        2
        """

    return described


@pytest.mark.parametrize(
    "part",
    [
        "<p>Doubles a number <code>x</code> &lt; 3.</p>",
        '<a href="#o"><code>other</code></a>',
        "[a_b|False]",
        "<ul><li>first;</li><li>second\ngoes on.</li></ul>",
        r"[y = \rho x|True]",
        "<h4>Parameters</h4>",
        "<dt><code>x</code> <i>float</i></dt><dd><p>In kilometres.</p></dd>",
        "<dt><i>ValueError</i></dt>",
        '<span class="gp">&gt;&gt;&gt; </span>',
    ],
)
def test_each_part_is_rendered(part):
    assert part in rendered(example(), formula=formula, links=lambda name: "#o" if name == "other" else "")


def test_markup_is_escaped_and_stars_are_stars():
    assert inline("a * b <i> ``<b>`` *c*", formula, str) == "a * b &lt;i&gt; <code>&lt;b&gt;</code> *c*"


def test_the_call_alone_is_found_with_what_it_needs():
    assert call_in_example(example(), "tk.other", "described") == (["import toolkit as tk", "y = 1"], "described(y)")
    assert call_in_example(example(), "nothing")[1] == ""
