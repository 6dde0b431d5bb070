# SPDX-License-Identifier: Apache-2.0
"""The walk, page by page: each step takes the walker and leaves the browser signed in."""
