"""One settings file; the environment decides. Without any: one process, SQLite, everything in memory.

Every name read from the environment begins with MIRROR_ and is listed in docs/configuration.md.
"""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name: str, default: str = "") -> str:
    """A setting from the environment."""
    return os.environ.get(f"MIRROR_{name}", default)


def env_list(name: str, default: str = "") -> list[str]:
    """A comma-separated setting."""
    return [part.strip() for part in env(name, default).split(",") if part.strip()]


SHAPE = env("SHAPE", "embedded")
PRODUCTION = SHAPE == "production"
DEBUG = env("DEBUG") == "1"
DATA_DIR = Path(env("DATA_DIR", str(BASE_DIR / "var")))


def _own_key(folder: Path) -> str:
    """A signing key of this machine's own, made when it first plays."""
    # What people felt lies here, too: for nobody else on this machine.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "secret-key"
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        # It has played before.
        return path.read_text()
    return path.read_text()


SECRET_KEY = env("SECRET_KEY") if PRODUCTION else env("SECRET_KEY") or _own_key(DATA_DIR)
ALLOWED_HOSTS = env_list("HOSTS", "127.0.0.1,localhost")
# Exact origins (scheme, host, port) that may open sockets and post forms.
ORIGINS = env_list("ORIGINS", "http://127.0.0.1:8000,http://localhost:8000")
CSRF_TRUSTED_ORIGINS = ORIGINS
CLOCK_RATE = float(env("CLOCK_RATE", "1"))
WORKERS = int(env("WORKERS", "1"))
REDIS_URL = env("REDIS_URL")

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


def _database(url: str) -> dict[str, object]:
    if url.startswith(("postgres://", "postgresql://")):
        from urllib.parse import unquote, urlsplit

        parts = urlsplit(url)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"pool": {"min_size": 2, "max_size": 8, "timeout": 5}},
        }
    path = Path(url) if url else DATA_DIR / "mirror.sqlite3"
    path.parent.mkdir(parents=True, exist_ok=True)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 15,
            # FULL: an ack means the samples survive a power cut, not only a crash.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=15000;",
        },
        "TEST": {"NAME": str(DATA_DIR / f"test-{os.getpid()}.sqlite3")},
    }


DATABASES = {"default": _database(env("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CHANNEL_LAYERS = {
    "default": (
        {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL]},
        }
        if REDIS_URL
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}
TASKS = {"default": {"BACKEND": "stories.jobs.ThreadBackend"}}

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
GUEST_ROOM_HOURS = int(env("GUEST_ROOM_HOURS", "24"))
ROOM_LIMIT = int(env("ROOM_LIMIT", "60"))
TRACE_GRACE_MINUTES = 60
RATE_LIMITS = env("RATE_LIMITS", "1") == "1"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"routes": {"()": "mirrorgame.logs.RoutesOnly"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["routes"]}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", "WARNING")},
    "loggers": {
        "stories": {"level": env("LOG_LEVEL", "INFO")},
        # A wrong address is no event of ours.
        "django.request": {"level": "ERROR"},
    },
}


def refuse_unsafe() -> None:
    """Production starts safely or not at all, and says in one sentence what is missing."""
    problems = [
        (DEBUG, "MIRROR_DEBUG must not be set"),
        (
            len(SECRET_KEY) < 32,
            "MIRROR_SECRET_KEY needs 32 random characters or more",
        ),
        ("*" in ALLOWED_HOSTS, "MIRROR_HOSTS must name hosts, not *"),
        (not env("HOSTS"), "MIRROR_HOSTS must name the hosts this game is served under"),
        (
            not ORIGINS or any(not o.startswith("https://") for o in ORIGINS),
            "MIRROR_ORIGINS must hold https:// origins only",
        ),
        (CLOCK_RATE != 1, "MIRROR_CLOCK_RATE must be 1: time runs as in life"),
        ("sqlite" in str(DATABASES["default"]["ENGINE"]) and WORKERS > 1, "SQLite serves one worker only"),
        (not REDIS_URL and WORKERS > 1, "the in-memory layer serves one worker only: set MIRROR_REDIS_URL"),
        (not RATE_LIMITS, "MIRROR_RATE_LIMITS must stay on"),
        (not SECURE_COOKIES, "MIRROR_SECURE_COOKIES must stay on: cookies are secrets"),
    ]
    for wrong, sentence in problems:
        if wrong:
            raise ImproperlyConfigured(f"production refuses to start: {sentence}")


if PRODUCTION:
    refuse_unsafe()
elif WORKERS > 1:
    raise ImproperlyConfigured(
        "the embedded shape runs one worker: SQLite and the in-memory layer are not shared"
    )
