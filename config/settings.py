"""Settings: one typed module, everything from the environment (and ``.env``)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.templatetags.static import static

from config import ai, api, clock, payments, prices
from config.chat_models import merged
from config.events import events_url
from config.limits import whole
from config.secret_key import secret_key
from config.storage import media_root

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# --- The process -------------------------------------------------------------------------
# What DEBUG relaxes is decided here. Django's own switch stays off: it would show stack
# traces, settings and all addresses to whoever meets an error, and keep every query.
IS_RELAXED: bool = env.bool("DEBUG", default=True)
DEBUG = False
PORT: int = env.int("PORT", default=8000)
BIND: str = env.str("BIND", default="127.0.0.1")
DATA_DIR: Path = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data"))).resolve()
EVERYWHERE = ("127.0.0.1", "0.0.0.0", "::1")  # noqa: S104 - read, not bound
PUBLIC_URL: str = env.str(
    "PUBLIC_URL",
    default=f"http://{'localhost' if BIND in EVERYWHERE else BIND}:{PORT}",
).rstrip("/")
DATA_DIR.mkdir(parents=True, exist_ok=True)

SECRET_KEY: str = secret_key(env, data_dir=DATA_DIR, is_relaxed=IS_RELAXED)
ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"] if IS_RELAXED else []
)
# Addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.
TRUSTED_PROXIES: list[str] = env.list("TRUSTED_PROXIES", default=[])

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.headless",
    "axes",
    "csp",
    "django_htmx",
    "djstripe",
    "drf_spectacular",
    "rest_framework",
    "core",
    "accounts",
    "credits",
    "notifications",
    "billing",
    "generation",
    "techpack",
    "assistant",
    "videos",
]

MIDDLEWARE = [
    "core.http.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "core.static_files.StaticFiles",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.PersonalLocale",
    "accounts.middleware.OwnPages",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "notifications.places.PlaceInEvents",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.signing_in.SignInOverJson",
    "core.http.DomainErrorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "credits.context.balance",
                "notifications.context.unread",
                "billing.context.selling",
            ]
        },
    }
]

# --- State -------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {
    "default": env.db("DATABASE_URL", default="postgresql:///techpack"),
}
# A request's thread ends with it; a connection that outlived it would only wait to be collected.
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=0)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
DATABASES["default"]["TEST"] = {"NAME": env.str("TEST_DB_NAME", default="test_techpack")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

BROKER_URL: str = env.str("BROKER_URL", default="")
CACHES: dict[str, Any] = (
    {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": BROKER_URL.replace("redis+socket://", "unix://"),
        }
    }
    if BROKER_URL.startswith(("redis", "unix"))
    else {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
)

CELERY_BROKER_URL = BROKER_URL or "memory://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "generation.tasks.run_job": {"queue": "studio"},
    "techpack.tasks.prepare_revision": {"queue": "studio"},
    "videos.tasks.look": {"queue": "films"},  # waits for providers, at times for minutes
    "notifications.tasks.send_webhooks": {"queue": "webhooks"},  # waits for users' own servers
    "billing.tasks.take_event": {"queue": "films"},  # waits for Stripe
    "billing.tasks.take_due_events": {"queue": "films"},
    "billing.tasks.look_due": {"queue": "films"},
    "billing.tasks.end_grace": {"queue": "films"},
    "billing.tasks.end_former_customers": {"queue": "films"},
    "billing.tasks.look_for_money_back": {"queue": "films"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_ACKS_LATE = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 3}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.3}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = clock.BEAT

MEDIA_ROOT = media_root(env, data_dir=DATA_DIR)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if not IS_RELAXED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
STATIC_URL = "/static/"
# Colours as unfold makes them are inline styles, which the policy below refuses.
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Techpack Studio admin",
    "SITE_HEADER": "Techpack Studio",
    "COLORS": {},
    "STYLES": [lambda _: static("admin.css")],
}
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = IS_RELAXED
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- People ------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/products"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = env.str("ACCOUNT_EMAIL_VERIFICATION", default="optional")
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = PUBLIC_URL.partition(":")[0]  # of the links in its mails
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_SESSION_REMEMBER = True
if IS_RELAXED:  # on a machine of one's own, whoever signs up or in comes from one address
    ACCOUNT_RATE_LIMITS = {"signup": "600/m/ip", "login": "600/m/ip"}
MESSAGE_TAGS = {10: "", 20: "", 25: "ok", 30: "warn", 40: "warn"}
HEADLESS_CLIENTS = ("app", "browser")
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Techpack Studio"
MFA_ALLOW_UNVERIFIED_EMAIL = ACCOUNT_EMAIL_VERIFICATION != "mandatory"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "accounts.addresses.attempted_email"
AXES_CLIENT_IP_CALLABLE = "accounts.addresses.client_address"
AXES_LOCKOUT_CALLABLE = "accounts.throttle.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address"]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

_email = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(_email)
EMAIL_TIMEOUT: int = env.int("EMAIL_TIMEOUT", default=10)  # seconds; without one, for ever
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Techpack Studio <no-reply@localhost>")

# --- The edge ----------------------------------------------------------------------------
SECURE_HSTS_SECONDS = 31_536_000 if PUBLIC_URL.startswith("https://") else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "media-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
REST_FRAMEWORK = api.REST_FRAMEWORK
SPECTACULAR_SETTINGS = api.SPECTACULAR_SETTINGS
LANGUAGE_CODE = "en-gb"
USE_TZ = True
TIME_ZONE = "UTC"
REQUESTS_PER_MINUTE: int = env.int("REQUESTS_PER_MINUTE", default=600)
# Streams of events that an account has open at once in one process; each keeps a thread.
STREAMS_OF_USER_AT_ONCE = whole(env, "STREAMS_OF_USER_AT_ONCE", usual=50, least=1)
METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="")

# --- Money -------------------------------------------------------------------------------
PRICES = prices.PRICES
PLANS = prices.PLANS
TOPUPS = prices.TOPUPS
USUAL_SECONDS = prices.USUAL_SECONDS
# Provider → credits for one second of film.
VIDEO_PRICES = prices.video_prices(env.json("VIDEO_PRICES", default={}))

PAYMENTS = payments.payments(
    env,
    is_relaxed=IS_RELAXED,
    bind=BIND,
    port=PORT,
    public_url=PUBLIC_URL,
    key=SECRET_KEY,
)
CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] += PAYMENTS.pages(PUBLIC_URL)
STRIPE_SECRET_KEY: str = PAYMENTS.secret_key
STRIPE_LIVE_MODE: bool = STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))
# What is sold → Stripe's name of its price.
STRIPE_PRICES: dict[str, str] = prices.stripe_prices(env)
# The portal's configuration, as stripe_setup made it; "": the default one of Stripe's dashboard.
STRIPE_PORTAL: str = env.str("STRIPE_PORTAL", default="")
STRIPE_TAX: bool = env.bool("STRIPE_TAX", default=False)  # Stripe computes the tax
# A subscription whose payment failed stays Pro so long while Stripe tries again.
BILLING_GRACE_DAYS = whole(env, "BILLING_GRACE_DAYS", usual=7, most=60)
# dj-stripe mirrors Stripe's objects; their names there are their keys here.
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"

# --- Events ------------------------------------------------------------------------------
# An AMQP address. Without one, the same consumers run in the housework worker.
EVENTS_URL: str = events_url(env)
EVENTS_EXCHANGE = "techpack.events"

# --- AI ----------------------------------------------------------------------------------
# Operation → ordered providers, each "provider:model"; "*" for all. Empty: the usual ones.
ROUTES: dict[str, list[str]] = env.json("ROUTES", default={})
OPENAI_API_KEY: str = env.str("OPENAI_API_KEY", default="")
OPENAI_BASE_URL: str = env.str("OPENAI_BASE_URL", default="https://api.openai.com/v1")
GEMINI_API_KEY: str = env.str("GEMINI_API_KEY", default="")
GEMINI_BASE_URL: str = env.str(
    "GEMINI_BASE_URL", default="https://generativelanguage.googleapis.com"
)
CUSTOM_MODEL_URL: str = env.str("CUSTOM_MODEL_URL", default="")
CUSTOM_MODEL_KEY: str = env.str("CUSTOM_MODEL_KEY", default="")
CUSTOM_MODEL_NAME: str = env.str("CUSTOM_MODEL_NAME", default="")  # what that server calls it
USUAL_ROUTES = ai.usual_routes(
    seeing={
        "openai": env.str("OPENAI_VISION_MODEL", default="gpt-6.1-terra"),
        "custom": CUSTOM_MODEL_NAME or "studio-1",
        "gemini": env.str("GEMINI_VISION_MODEL", default="gemini-3-flash"),
    },
    drawing={
        "gemini": env.str("GEMINI_IMAGE_MODEL", default="gemini-nano-banana-2.1"),
        "openai": env.str("OPENAI_IMAGE_MODEL", default="gpt-image-2"),
        "custom": CUSTOM_MODEL_NAME or "studio-1",
    },
    finals=env.str("GEMINI_FINAL_MODEL", default="gemini-3-pro-image"),
    filming={
        "gemini": env.str("GEMINI_VIDEO_MODEL", default="gemini-omni-1.2-flash"),
        # OpenAI's own service for films has ended; servers that speak its language remain.
        "openai": env.str(
            "OPENAI_VIDEO_MODEL",
            default="" if OPENAI_BASE_URL.startswith("https://api.openai.com") else "sora-2",
        ),
        "custom": env.str("CUSTOM_VIDEO_MODEL", default=CUSTOM_MODEL_NAME or "studio-1"),
    },
)
OPENAI_WEBHOOK_SECRET: str = env.str("OPENAI_WEBHOOK_SECRET", default="")
GEMINI_WEBHOOK_SECRET: str = env.str("GEMINI_WEBHOOK_SECRET", default="")
# US dollars per million tokens and per image, for what a call cost us.
AI_PRICES = ai.prices(env.json("AI_PRICES", default={}))
# Operation → seconds that one call may take; "*" for all others.
AI_DEADLINES: dict[str, int] = {**ai.DEADLINES, **env.json("AI_DEADLINES", default={})}
CHAT_MODELS = merged(
    prices.CHAT_MODELS,
    {"custom-1": {"upstream": CUSTOM_MODEL_NAME}} if CUSTOM_MODEL_NAME else {},
    env.json("CHAT_MODELS", default={}),
)
CHAT_DEADLINE_S: int = env.int("CHAT_DEADLINE_S", default=120)
CHATS_AT_ONCE: int = env.int("CHATS_AT_ONCE", default=40)  # of one process
CHATS_OF_USER_AT_ONCE: int = env.int("CHATS_OF_USER_AT_ONCE", default=8)
CHAT_USUAL_MAX_TOKENS = 1024  # where a request names none
JOB_LEASE_S: int = env.int("JOB_LEASE_S", default=30)
JOB_DEADLINE_S: int = env.int("JOB_DEADLINE_S", default=600)
JOB_MAX_ATTEMPTS: int = 5
JOB_RUNNING_LIMIT: int = env.int("JOB_RUNNING_LIMIT", default=3)
JOB_QUEUED_LIMIT: int = env.int("JOB_QUEUED_LIMIT", default=20)
WAIT_DEFAULT_S = 25
WAIT_MOST_S = 60
WAITERS_MOST: int = env.int("WAITERS_MOST", default=40)
VIEWS_AT_ONCE: int = env.int("VIEWS_AT_ONCE", default=8)
# From asking for a film until its hold is released; a success after it is free.
VIDEO_DEADLINE_S = whole(env, "VIDEO_DEADLINE_S", usual=1200, least=30, most=24 * 3600)
# A late one is still looked for so long.
VIDEO_LATE_S = whole(env, "VIDEO_LATE_S", usual=24 * 3600, most=7 * 24 * 3600)
VIDEO_MOST_BYTES = whole(env, "VIDEO_MOST_BYTES", usual=512 * 1024 * 1024, least=1024 * 1024)
VIDEO_RETENTION_DAYS = whole(env, "VIDEO_RETENTION_DAYS", usual=0, most=36_500)  # 0: until deleted
VIDEO_CANCELS_PER_DAY = whole(env, "VIDEO_CANCELS_PER_DAY", usual=5)
# Refusals of content in a rolling day that are free, and the share of the price after them.
REFUSALS_FREE: int = env.int("REFUSALS_FREE", default=3)
REFUSAL_PERCENT: int = env.int("REFUSAL_PERCENT", default=50)
BREAKER_FAILURES: int = env.int("BREAKER_FAILURES", default=5)
BREAKER_WINDOW_S: int = env.int("BREAKER_WINDOW_S", default=60)
BREAKER_OPEN_S: int = env.int("BREAKER_OPEN_S", default=30)
# Alertmanager's address, without /api/v2. Without one, alerts are only shown in the admin.
ALERTMANAGER_URL: str = env.str("ALERTMANAGER_URL", default="")

# --- Logs --------------------------------------------------------------------------------
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "core.logs.LineFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "stripe": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        **{
            name: {"level": "WARNING"}
            for name in ("celery.app.trace", "celery.worker.strategy", "celery.beat")
        },
    },
}
