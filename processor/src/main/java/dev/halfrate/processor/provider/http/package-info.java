/** HTTP as all vendors' clients speak it: sent once, streamed both ways, bounded. Knows no vendor. */
@NullMarked
package dev.halfrate.processor.provider.http;

import org.jspecify.annotations.NullMarked;
