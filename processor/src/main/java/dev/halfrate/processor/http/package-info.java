/** What every port that is listened on has in common. Knows nothing of what is asked there. */
@NullMarked
package dev.halfrate.processor.http;

import org.jspecify.annotations.NullMarked;
