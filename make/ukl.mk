# Images by make (GNU make 4.3 or newer; docs/make.md):
#
#     include $(shell ukl-link --print-makefile)
#
# NAME.bzImage is linked from NAME (an executable made with $(UKL_CC)) or NAME.o; run-NAME boots it, test-NAME does so without input
# and with a time limit. An image of several inputs: $(eval $(call ukl-image,IMAGE,INPUTS)).

ukl_mk := $(lastword $(MAKEFILE_LIST))
ukl_home := $(abspath $(dir $(ukl_mk))..)

# The tools. Give any of these variables another value before or behind the include, or on make's command line.
UKL_LINK ?= $(ukl_home)/bin/ukl-link
UKL_CC ?= $(ukl_home)/bin/ukl-gcc
UKL_CXX ?= $(ukl_home)/bin/ukl-g++
# What a compiler must be told whose default is another one: code that reaches the kernel's addresses.
UKL_CFLAGS ?= -fPIE
# Options of links, a configuration file for them, and what stands behind the input: libraries.
UKL_LDFLAGS ?=
UKL_CONFIG ?=
UKL_LIBS ?=
# Options of `ukl-link run`, and the program's arguments.
UKL_RUNFLAGS ?=
UKL_ARGS ?=
# Seconds until a test has failed.
UKL_TEST_TIMEOUT ?= 300
# Where links leave what each image depends on. Of every makefile's own, so that none finds another one's.
UKL_DEPDIR ?= .ukl-deps

# $(call ukl_depfile,IMAGE)
ukl_depfile = $(UKL_DEPDIR)/$(subst /,+,$(1)).d
ukl_config = $(addprefix --config=,$(UKL_CONFIG))

# $(call ukl_link,INPUTS)
define ukl_link
@mkdir -p $(UKL_DEPDIR)
$(UKL_LINK) $(ukl_config) $(UKL_LDFLAGS) --dependency-file=$(call ukl_depfile,$@) --with-program=$(1) $(UKL_LIBS) -o $@
endef

# An executable that is there, or that a rule makes, holds the whole program; make builds none of an object for this (a terminal rule).
%.bzImage:: %
	$(call ukl_link,$<)

%.bzImage: %.o
	$(call ukl_link,$<)

# Made on the way to something else, these would be deleted as intermediate, and be missing the next time.
.PRECIOUS: %.o %.bzImage

# $(eval $(call ukl-image,IMAGE,INPUTS)): files, and options in ld's spelling.
define ukl-image
$(1): $(filter-out -%,$(2))
	$$(call ukl_link,$(2))
endef

.PHONY: ukl-always
run-%: %.bzImage ukl-always
	$(UKL_LINK) run $< $(ukl_config) $(UKL_RUNFLAGS) $(if $(UKL_ARGS),-- $(UKL_ARGS))

test-%: %.bzImage ukl-always
	$(UKL_LINK) run $< $(ukl_config) --timeout=$(UKL_TEST_TIMEOUT) $(UKL_RUNFLAGS) $(if $(UKL_ARGS),-- $(UKL_ARGS)) </dev/null

# The first target of the user's own stays the one that make builds unasked.
ukl_goal := $(.DEFAULT_GOAL)
-include $(wildcard $(UKL_DEPDIR)/*.d)
.DEFAULT_GOAL := $(ukl_goal)
