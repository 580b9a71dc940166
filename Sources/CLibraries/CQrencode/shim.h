// libqrencode: tickets as QR codes in the terminal.
#pragma once
#include <qrencode.h>
