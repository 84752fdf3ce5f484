/** Anthropic's message batches. Wire types stay package-private. */
@NullMarked
package dev.halfrate.processor.provider.anthropic;

import org.jspecify.annotations.NullMarked;
