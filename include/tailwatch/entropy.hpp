// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/entropy/ansb.hpp"
#include "tailwatch/entropy/chao_shen.hpp"
#include "tailwatch/entropy/chao_wang_jost.hpp"
#include "tailwatch/entropy/dirichlet.hpp"
#include "tailwatch/entropy/grassberger.hpp"
#include "tailwatch/entropy/grassberger_1988.hpp"
#include "tailwatch/entropy/jackknife.hpp"
#include "tailwatch/entropy/james_stein_shrink.hpp"
#include "tailwatch/entropy/miller_madow.hpp"
#include "tailwatch/entropy/ngram.hpp"
#include "tailwatch/entropy/nsb.hpp"
#include "tailwatch/entropy/plugin.hpp"
#include "tailwatch/entropy/renyi.hpp"
#include "tailwatch/entropy/schurmann.hpp"
#include "tailwatch/entropy/tsallis.hpp"
#include "tailwatch/entropy/zhang.hpp"
