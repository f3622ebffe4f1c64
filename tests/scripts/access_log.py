"""Counts the access log a second way, with nothing of Reckon's code: what tests/e2e/imports.rs pins.

    zstd -dc tests/data/robot-agents.txt.zst > robots.txt
    zstd -dc tests/data/access-log.txt.zst | python3 tests/scripts/access_log.py robots.txt

Robots are told by the list of this log's robots that was made by eye. Channels are told by a short list of the hosts
that occur; every other host is a referral.
"""

import re
import sys
from collections import Counter
from urllib.parse import parse_qs, urlsplit

QUOTED = r'"((?:[^"\\]|\\.)*)"'
LINE = re.compile(r"^\S+ \S+ \S+ \[[^\]]+\] " + QUOTED + r" (\d{3}) \S+ " + QUOTED + " " + QUOTED + r"\s*$")
FILES = set("atom avif bmp css csv eot gif gz ico jpeg jpg js json map mjs mp3 mp4 ogg otf pdf png rss svg swf tar tgz "
            "tif ttf txt wasm webm webp woff woff2 xml zip".split())
SEARCH = re.compile(r"(^|\.)(google\.[a-z.]+|bing\.com|yahoo\.com|duckduckgo\.com|yandex\.[a-z]+|baidu\.com|ask\.com|"
                    r"babylon\.com|conduit\.com|incredibar\.com|search-results\.com|startpage\.com|naver\.com|daum\.net|"
                    r"avg\.com|ixquick\.com|aol\.com|lycos\.com)$")
SOCIAL = re.compile(r"(^|\.)(facebook\.com|t\.co|twitter\.com|reddit\.com|stackoverflow\.com|stackexchange\.com|"
                    r"superuser\.com|serverfault\.com|askubuntu\.com|ycombinator\.com|plus\.google\.com|plus\.url\.google\.com|"
                    r"linkedin\.com|lnkd\.in|pinterest\.com|tumblr\.com|vk\.com|quora\.com|wordpress\.com|blogspot\.com|"
                    r"livejournal\.com|github\.com|meetup\.com|netvibes\.com|digg\.com|delicious\.com)$")

# Agents of the log that name no machine, which no person's browser does; told by eye, too.
NAMELESS = {"Mozilla/5.0 Gecko/20100115 Firefox/3.6", "Mozilla/4.0 (compatible;)", "Mozilla/4.0", "&as_qdr=all",
            "Links (2.7; CYGWIN_NT-5.1 1.7.15(0.260/5/3) i686; GNU C 4.5.3; text)"}

def robots(path):
    section, agents = None, set(NAMELESS)
    for line in open(path, encoding="utf-8", errors="replace"):
        line = line.rstrip("\n")
        if line.startswith("# "):
            section = line[2:]
        elif section == "log":
            agents.add(line)
    return agents

def main():
    known = robots(sys.argv[1])
    views, visits, invalid, skipped, malformed, others = Counter(), Counter(), 0, 0, [], Counter()
    for number, line in enumerate(sys.stdin.buffer, 1):
        match = LINE.match(line.decode("utf-8", "replace"))
        if not match:
            malformed.append(number)
            continue
        request, status, referrer, agent = match.groups()
        method, _, target = request.partition(" ")
        url = urlsplit("http://www.semicomplete.com" + target.split(" ")[0])
        ending = url.path.rsplit("/", 1)[-1].rpartition(".")
        if method != "GET" or status not in ("200", "304") or (ending[1] and ending[2].lower() in FILES):
            skipped += 1
            continue
        if agent in known or agent == "-":
            invalid += 1
            continue
        # A host of bytes that are no text is no host.
        host = (urlsplit(referrer).hostname or "") if referrer != "-" and "\\x" not in referrer else ""
        own = host.removeprefix("www.") == "semicomplete.com"
        if "utm_source" in parse_qs(url.query):
            channel, visit = "unassigned", True
        elif not host or own:
            channel, visit = "direct", not host
        else:
            visit = True
            channel = "organic_social" if SOCIAL.search(host) else "organic_search" if SEARCH.search(host) else "referral"
            others[(channel, host)] += 1
        views[channel] += 1
        visits[channel] += visit
    print("malformed", malformed, "skipped", skipped, "invalid", invalid)
    for channel in sorted(views):
        print(channel, "views", views[channel], "visits", visits[channel])
    if "-v" in sys.argv:
        for (channel, host), count in others.most_common():
            print(count, channel, host)

main()
