/** Formats of Halfrate's own topics. Nothing here may depend on the processor. */
@NullMarked
package dev.halfrate.schemas.internal;

import org.jspecify.annotations.NullMarked;
