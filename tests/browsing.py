"""What the tests in a real Chromium share."""

import json

from selenium.webdriver.common.by import By


def requested_urls(browser):
    """Returns the URLs that were requested since the last call."""
    messages = [json.loads(row["message"])["message"] for row in browser.get_log("performance")]
    return [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]


def find(browser, selector):
    return browser.find_elements(By.CSS_SELECTOR, selector)


def move_slider(browser, selector, value):
    """Moves a slider as a hand does."""
    browser.execute_script(
        "const s = document.querySelector(arguments[0]); s.value = arguments[1];"
        "s.dispatchEvent(new Event('input'))",
        selector,
        value,
    )
