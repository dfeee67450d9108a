"""One settings file; the environment decides. Without any: one process, SQLite, everything in memory.

Every name read from the environment begins with MIRROR_ and is listed in docs/configuration.md.
"""

import logging
import os
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.csp import CSP

from mirrorgame.environment import (
    database,
    env,
    env_float,
    env_int,
    env_level,
    env_list,
    env_redis,
    folder,
    own_key,
    refuse,
)
from mirrorgame.logs import logging_settings

BASE_DIR = Path(__file__).resolve().parent.parent


SHAPE = env("SHAPE", "embedded")
PRODUCTION = SHAPE == "production"
DEBUG = env("DEBUG") == "1"
DATA_DIR = Path(env("DATA_DIR", str(BASE_DIR / "var")))


SECRET_KEY = env("SECRET_KEY") if PRODUCTION else env("SECRET_KEY") or own_key(DATA_DIR)
ALLOWED_HOSTS = env_list("HOSTS", "127.0.0.1,localhost")
# Exact origins (scheme, host, port) that may open sockets and post forms.
ORIGINS = env_list("ORIGINS", "http://127.0.0.1:8000,http://localhost:8000")
CSRF_TRUSTED_ORIGINS = ORIGINS
CLOCK_RATE = env_float("CLOCK_RATE", "1")
WORKERS = env_int("WORKERS", "1")
# Whose word is taken for who asks and how: addresses or networks of the proxies in front.
PROXIES = env("PROXIES", "127.0.0.1")
REDIS_URL = env_redis("REDIS_URL")
BROKER_URL = env_redis("BROKER_URL")
# Without a token nobody may read /metrics; the folder is where several web processes count together.
METRICS_TOKEN = env("METRICS_TOKEN")
METRICS_DIR = env("METRICS_DIR")
if METRICS_DIR:
    folder(Path(METRICS_DIR))
    # Read by prometheus_client when it loads.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = METRICS_DIR

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "stories",
    "mirrorgame",
]
MIDDLEWARE = [
    # Pages hold a masked CSRF token each, and Django pads what it compresses: nothing can be guessed by length.
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "stories.views.manners.Manners",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "mirrorgame.urls"
ASGI_APPLICATION = "mirrorgame.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]


DATABASES = {"default": database(env("DATABASE_URL"), DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CHANNEL_LAYERS = {
    "default": (
        {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            # A Redis that hangs must not hold anybody up for longer than the layer's own patience.
            "CONFIG": {
                "hosts": [{"address": REDIS_URL, "socket_connect_timeout": 1, "socket_timeout": 5}],
            },
        }
        if REDIS_URL
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}
TASKS = {
    "default": {
        "BACKEND": "mirrorgame.celery.CeleryBackend" if BROKER_URL else "mirrorgame.runners.ThreadBackend"
    }
}
# A job's row says what became of it, so that Celery keeps nothing: ids in, no result out.
CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# Above the largest analysis. A job may wait, fetched, for the one before it and then run itself: together
# that stays below the visibility timeout, so that what comes again is dead here. Rows are faster anyway.
CELERY_TASK_SOFT_TIME_LIMIT, CELERY_TASK_TIME_LIMIT = 220, 240
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    # With kombu's own throttle of 10, what a dead worker held came back after up to 100 s more.
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 5,
    "socket_timeout": 30,
    "health_check_interval": 10,
}
CELERY_BEAT_SCHEDULER = "mirrorgame.beat:Schedule"
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "mirrorgame.sweep", "schedule": 30.0, "options": {"expires": 30}},
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Embedded, files are served from where they lie; production collects them for nginx.
STATIC_ROOT = DATA_DIR / "static" if PRODUCTION else None
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 86400
LANGUAGE_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "stories.views.errors.csrf_failure"
SECURE_COOKIES = env("SECURE_COOKIES", "1" if PRODUCTION else "0") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_COOKIES
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True

# How the game is tuned. Times in seconds of the server's clock.
GUEST_ROOM_HOURS = env_int("GUEST_ROOM_HOURS", "24")
ROOM_LIMIT = env_int("ROOM_LIMIT", "60")
TRACE_GRACE_MINUTES = 60
# In one web process. A school with two thousand phones is one address.
SOCKETS_PER_ADDRESS = env_int("SOCKETS_PER_ADDRESS", "2500")
RATE_LIMITS = env("RATE_LIMITS", "1") == "1"

LOGGING = logging_settings(production=PRODUCTION, level=env_level("LOG_LEVEL"))
# It writes a traceback every second while Redis is away, which the game itself says once.
LOGGING["loggers"]["channels_redis"] = {"level": "CRITICAL"}
# Python's own warnings, too, are lines of the log.
logging.captureWarnings(PRODUCTION)


if PRODUCTION:
    refuse(
        [
            (DEBUG, "MIRROR_DEBUG must not be set"),
            (len(SECRET_KEY) < 32, "MIRROR_SECRET_KEY needs 32 random characters or more"),
            ("*" in ALLOWED_HOSTS, "MIRROR_HOSTS must name hosts, not *"),
            (not env("HOSTS"), "MIRROR_HOSTS must name the hosts this game is served under"),
            (
                not ORIGINS or any(not o.startswith("https://") for o in ORIGINS),
                "MIRROR_ORIGINS must hold https:// origins only",
            ),
            (CLOCK_RATE != 1, "MIRROR_CLOCK_RATE must be 1: time runs as in life"),
            (not RATE_LIMITS, "MIRROR_RATE_LIMITS must stay on"),
            (not SECURE_COOKIES, "MIRROR_SECURE_COOKIES must stay on: cookies are secrets"),
            (not BROKER_URL, "MIRROR_BROKER_URL must name the Redis that hands jobs to the workers"),
            ("*" in PROXIES, "MIRROR_PROXIES must name the proxies in front, not *"),
        ]
    )
refuse(
    [
        (SHAPE not in ("embedded", "production"), "MIRROR_SHAPE must be embedded or production"),
        (
            any(urlsplit(o).path or not urlsplit(o).netloc for o in ORIGINS),
            "MIRROR_ORIGINS must hold scheme, host and port only, with nothing behind, not even a slash",
        ),
        (
            any("/" in host or (":" in host and host[0] != "[") for host in ALLOWED_HOSTS),
            "MIRROR_HOSTS must hold names only, without scheme and port",
        ),
        (WORKERS < 1, "MIRROR_WORKERS must be 1 or more"),
        (SOCKETS_PER_ADDRESS < 1, "MIRROR_SOCKETS_PER_ADDRESS must be 1 or more"),
        (
            (WORKERS > 1 or bool(BROKER_URL)) and "sqlite" in str(DATABASES["default"]["ENGINE"]),
            "SQLite serves one worker only, and no Celery: set MIRROR_DATABASE_URL",
        ),
        (
            (WORKERS > 1 or bool(BROKER_URL)) and not REDIS_URL,
            "the in-memory layer serves one worker only, and no Celery: set MIRROR_REDIS_URL",
        ),
        (
            WORKERS > 1 and bool(METRICS_TOKEN) and not METRICS_DIR,
            "several workers count together only in MIRROR_METRICS_DIR",
        ),
    ]
)
