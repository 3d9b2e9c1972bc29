# Fails unless the document holds the program, word for word.
file(READ ${DOCUMENT} document)
file(READ ${PROGRAM} program)
string(FIND "${document}" "${program}" position)
if(position EQUAL -1)
  message(FATAL_ERROR "expected ${DOCUMENT} to show ${PROGRAM} as it stands; copy the program into it")
endif()
