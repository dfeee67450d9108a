# syntax=docker/dockerfile:1
# Three stages: `build` installs and collects, `game` runs our four services, `nginx` stands in front of them.

FROM python:3.13.7-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements.txt ./
# Every package is a wheel: no compiler is needed, and the finished environment holds no pip.
RUN python -m venv --without-pip /opt/venv \
 && python -m pip --python /opt/venv/bin/python install --only-binary :all: --require-hashes --requirement requirements.txt
COPY . ./
# Settings insist on a whole production environment; none of these words leaves this line.
RUN MIRROR_SHAPE=production MIRROR_HOSTS=build MIRROR_ORIGINS=https://build \
    MIRROR_SECRET_KEY=only-to-collect-files-while-the-image-is-built-1234567890 \
    MIRROR_DATABASE_URL=postgres://build@localhost/build MIRROR_REDIS_URL=redis://localhost/0 \
    MIRROR_BROKER_URL=redis://localhost/1 \
    /opt/venv/bin/python manage.py collectstatic --noinput \
 && /opt/venv/bin/python -m compileall -q mirrorgame stories

FROM python:3.13.7-slim-bookworm AS game
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 OPENBLAS_NUM_THREADS=1
RUN groupadd --gid 10001 game && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin game
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["python", "deploy/healthy.py", "answers", "http://127.0.0.1:8000/healthz"]
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0", "--port", "8000"]

FROM nginx:1.28.0-alpine AS nginx
COPY deploy/nginx.conf /etc/nginx/nginx.conf
COPY deploy/game.conf /etc/nginx/game.conf
# The files of exactly this release: a volume would go on serving those of the first one.
COPY --from=build /app/var/static /srv/static
USER 101:101
EXPOSE 8080
CMD ["nginx", "-c", "/etc/nginx/nginx.conf", "-g", "daemon off;"]
