/** What an answer says, taken out of its vendor's JSON, and whether it is as it should be. Pure. */
@NullMarked
package dev.halfrate.processor.output;

import org.jspecify.annotations.NullMarked;
