"""The data page as a browser shows it: the search works, nothing is fetched, nothing sticks out."""

import pytest
from browser import needs_browser, opened
from page_facts import example, examples, facts, message

from luthier.data.page.write import write_page

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"

pytestmark = [pytest.mark.browser, needs_browser]


@pytest.fixture
def written(tmp_path):
    shown = [*examples(960), example(990, messages=[message("user", HOSTILE), message("assistant", "\u202eabc")])]
    write_page(tmp_path / "page.html", facts(source=HOSTILE), shown)
    return (tmp_path / "page.html").as_uri(), len(shown)


def seen(page) -> list[str]:
    return page.eval_on_selector_all("article", "rows => rows.filter(r => r.offsetParent).map(r => r.innerText)")


def test_search_and_filter(written):
    address, number = written
    with opened(address) as page:
        assert len(seen(page)) == number and page.inner_text("#shown") == f"{number} of {number} shown"
        page.fill("#words", "INVOICE 4012")
        (found,) = seen(page)
        assert "order 4012" in found and page.inner_text("#shown") == f"1 of {number} shown"
        page.select_option("#kind", "faulty")
        assert seen(page) == [] and page.is_visible("#none")
        page.fill("#words", "")
        (faulty,) = seen(page)
        assert "Where is my parcel?" in faulty and not page.is_visible("#none")
        page.press("#words", "Enter")  # must not leave the page
        assert page.url == address
        page.click("a[href='#row-2']")  # hidden by the filter
        page.wait_for_selector("#row-2", state="visible")
        assert len(seen(page)) == number


def test_nothing_is_fetched_run_or_complained_of(written):
    address, _ = written
    with opened(address) as page:
        complaints = []
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.reload()
        page.fill("#words", HOSTILE)
        assert any(HOSTILE in text for text in seen(page))
        assert set(page.requests) == {address} and page.dialogs == [] and complaints == []


@pytest.mark.parametrize("width", [1200, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_and_everything_can_be_read(written, width, scheme):
    with opened(written[0]) as page:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        faint = page.evaluate(CONTRAST)
    assert faint == []


def test_without_javascript_all_is_there_but_the_search(written):
    address, number = written
    with opened(address) as page:
        still = page.context.browser.new_context(java_script_enabled=False).new_page()
        still.goto(address)
        assert still.locator("article").count() == number and still.locator("article").first.is_visible()
        assert not still.is_visible("#find")


CONTRAST = """() => {
  const lit = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
      .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (!/, 0\\)$/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const faint = new Set();
  for (const node of document.querySelectorAll("main *")) {
    if (![...node.childNodes].some(c => c.nodeType === 3 && c.data.trim()) || node.closest("svg")) continue;
    const [low, high] = [lit(getComputedStyle(node).color), lit(behind(node))].sort((a, b) => a - b);
    if ((high + .05) / (low + .05) < 4.5) faint.add(node.tagName + "." + node.className);
  }
  return [...faint];
}"""
"""Elements with text whose contrast is below 4.5, as WCAG AA asks for."""
