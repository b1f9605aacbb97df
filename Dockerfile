# Two stages: the first builds a wheel and a locked environment, the second holds nothing but that environment.
FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN pip install uv==0.13.9 && python -m venv /opt/resonanz
COPY requirements-runtime.lock ./
RUN VIRTUAL_ENV=/opt/resonanz uv pip install --compile-bytecode --require-hashes -r requirements-runtime.lock
COPY pyproject.toml README.md LICENSE ./
COPY service service
COPY connectors connectors
COPY metrics metrics
COPY alembic alembic
RUN uv build --wheel --out-dir /wheels && VIRTUAL_ENV=/opt/resonanz uv pip install --compile-bytecode --no-deps /wheels/*.whl

FROM python:3.13-slim-bookworm
RUN groupadd --gid 10001 resonanz && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data resonanz \
    && install -d -o 10001 -g 10001 -m 0700 /data
COPY --from=build /opt/resonanz /opt/resonanz
ENV PATH=/opt/resonanz/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    RESONANZ_DATA=/data RESONANZ_HOST=0.0.0.0 RESONANZ_PORT=8080
USER 10001:10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["resonanz", "doctor", "--health"]
ENTRYPOINT ["resonanz"]
CMD ["serve"]
