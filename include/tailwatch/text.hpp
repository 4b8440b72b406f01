// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/text/encode.hpp"
#include "tailwatch/text/read_file.hpp"
#include "tailwatch/text/sentences.hpp"
#include "tailwatch/text/tokenise.hpp"
#include "tailwatch/text/utf8.hpp"
#include "tailwatch/text/vocabulary.hpp"
#include "tailwatch/text/zipf_text.hpp"
