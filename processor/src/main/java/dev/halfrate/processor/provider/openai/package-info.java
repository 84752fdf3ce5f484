/** OpenAI's batch API and servers compatible with it. Wire types stay package-private. */
@NullMarked
package dev.halfrate.processor.provider.openai;

import org.jspecify.annotations.NullMarked;
