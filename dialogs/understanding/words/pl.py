"""Polish words of the appointments desk; the forms matter as much as the senses (aspect, tense, person)."""

FORMS: dict[str, str] = {
    "yes": "tak taak tka owszem jasne oczywiscie naturalnie zgoda zgadza dokladnie pewnie jasna tal tk taj",
    "ok": "ok oki okej okey okay okok dobrze dobra spoko git super swietnie przyjalem przyjelam przyjeto rozumiem",
    "neg": "nie nigdy ani niee nje neie nei",
    "never": "nigdzie nikt zaden zadnej zadnego zadna",
    "cancel.1": "odwoluje anuluje rezygnuje kasuje wypisuje skreslam wykreslam odpuszczam odmeldowuje zwalniam oddaje "
    "wycofuje odmawiam odpadam odpisuje odowluje odowoluje",
    "cancel.fut": "odwolam anuluje zrezygnuje skasuje wypisze odwolamy zrezygnujemy anulujemy odwoluj(emy) rezygnujemy",
    "cancel.inf": "odwolac anulowac zrezygnowac skasowac wypisac skreslic wykreslic odmeldowac zwolnic oddac wycofac "
    "usunac odpuscic zlikwidowac wykasowac",
    "cancel.ipf": "odwolywac odwoluj odwolujcie odwolujmy rezygnowac kasowac kasuj kasujcie wypisywac wypisuj "
    "wypisujcie skreslac skreslaj skreslajcie wykreslac wykreslaj wykreslajcie anuluj anulujcie usuwac usuwaj "
    "usuwajcie zwalniac zwalniaj oddawac oddawajcie wycofywac",
    "cancel.imp": "odwolaj odwolajcie odwolajmy zrezygnuj skasuj skasujcie wypisz wypiszcie skresl skreslcie wykresl "
    "wykreslcie usun usuncie wycofaj wycofajcie zwolnijcie odwolac",
    "cancel.noun": "odwolanie odwolania odwolaniu odwolaniem anulowanie anulowania anulacja anulacje anulacji "
    "anulowaniu rezygnacja rezygnacje rezygnacji skreslenie wykreslenie wypisanie skasowanie usuniecie anulacj",
    "cancel.past": "odwolal(em,am,ismy,ysmy,a,i,y,o) odwolal anulowal(em,am,ismy,ysmy,a,i,y) anulowal "
    "zrezygnowal(em,am,ismy,ysmy,a,i,y) zrezygnowal skasowal(em,am,a,i) skasowal wypisal(em,am,a,i) "
    "wykreslil(em,am,a,i) skreslil(em,am,a,i) odwolywal(em,am,a,i,ismy) odwolywal rezygnowal(em,am,a) odwolano anulowano "
    "odwolaliscie odwolalyscie anulowaliscie skasowaliscie usuneliscie usunal usunelam usunieto oddal(em,am)",
    "cancel.cond": "odwolal(bym,abym) zrezygnowal(bym,abym) anulowal(bym,abym)",
    "cancel.done": "odwolan(a,e,y,o,ej,ych) anulowan(a,e,y,ej,ych) skasowan(a,e,y) skreslon(a,y) wykreslon(a,y)",
    "attend.1": "przyjde przyjdziemy przyjade przyjedziemy dotre dotrzemy dojade zjawie stawie pojawie przybede "
    "podjade podejde pojde pojade wpadne przychodze przyjezdzam ide jade wybieram skorzystam stawiam zglosze "
    "przyde przyjd przyjdem przyjdr doczlapie dolece docieram doslapie zjawimy stawimy pojawimy przybedziemy bedem",
    "attend.inf": "przyjsc przyjechac dotrzec dojechac zjawic stawic pojawic przybyc isc pojsc pojechac byc "
    "uczestniczyc skorzystac przybywac przychodzic dojsc podjechac zglosic wziac przysc przjsc przyjs stawienia "
    "przyjscia przybycia przyjazdu dotarcia dojazdu obecnosci stawiennictwa",
    "attend.3": "przyjdzie przyjedzie dotrze dojedzie zjawi stawi pojawi przybedzie skorzysta przyjda pojdzie pojedzie",
    "attend.past": "bylem bylam byl byla bylismy bylysmy przyszedlem przyszlam przyszedl przyszla przyszlismy przyszlo "
    "przyjechalem przyjechalam przyjechal przyjechala dotarlem dotarlam dotarla dotarl stawilem stawilam pojawilem "
    "pojawilam skorzystalem skorzystalam",
    "attend.cond": "przyszedlbym przyszlabym bylbym bylabym",
    "bede": "bede bedziemy beda bd",
    "bedzie": "bedzie",
    "mnie": "mnie nas",
    "present": "obecny obecna obecni",
    "can.1": "moge mozemy potrafie zdolam umiem mg",
    "can.fut": "mogl mogla moglbym moglabym",
    "can.3": "moze moga zdola",
    "can.past": "moglem moglam moglismy moglysmy",
    "rada": "rady rade",
    "dam": "dam damy daje dajemy damm",
    "da": "da dala dal",
    "uda": "uda",
    "zdaze": "zdaze zdazymy wyrobie wyrobimy",
    "have": "mam mamy",
    "have.3": "ma",
    "means": "jak czym mozliwosci mozliwosc",
    "lack": "brak brakuje",
    "want.1": "chce chcemy chcialbym chcialabym chcialem chcialam chcielibysmy wole wolalbym wolalabym pragne zyczymy "
    "zycze zamierzam planuje chcw chcialbyn",
    "need.1": "potrzebuje potrzebujemy",
    "must.1": "musze musimy zmuszony zmuszona trzeba nalezy",
    "please": "prosze prosimy prosba prosil(bym,abym) poprosze prosba pros prosz uprzejmie bardzo poprosze proze porsze prosze",
    "aby": "aby zeby azeby by iz ze",
    "abym": "abym zebym zebysmy abysmy zebyscie abyscie",
    "visit.noun": "wizyta wizyte wizyty wizycie wizyt wizyta termin terminu terminie terminem terminy rezerwacja rezerwacje "
    "rezerwacji badanie badania badaniu spotkanie spotkania konsultacja konsultacje konsultacji porada porade porady "
    "zapis zapisu kardiolog kardiologa kardiologu kardiologiem kardiologii kardiologia lekarz lekarza doktor doktora "
    "mammografia mammografie mammografii cytologia cytologie cytologii szczepienie szczepienia szczepieniu zabieg "
    "zabiegu wizytke wizyke wiyte wzyte rejestracja rejestracje rejestracji termn godzine godzina ekg echo usg miejsce miejsca zapisy",
    "visit": "ja to te ta ten tego tej mnie nas moja moje moj mojej mojego nasza nasze go ja swoja swoj swoje",
    "pool": "poczekalnia poczekalni poczekalnie poczekalnia kolejka kolejki kolejce kolejke poczekalnie listy lista liste "
    "poczekalnii oczekujacych rezerwowej rezerwowa",
    "other.thing": "rezygnacje rezygnacji odwolanie odwolania urlop urlopu lot lotu hotel hotelu pociag pociagu wesele "
    "taksowke taksowki taxi transport transportu fryzjera fryzjer fryzjerke kosmetyczke dentyste dentysty dentyscie "
    "stomatologa ortopedy ortopede okuliste okulisty neurologa wyjazd wyjazdu impreze alarm zgode zgody pelnomocnictwo "
    "wszystko spotkanie prace recepte recepty abonament umowe umowy zamowienie obiad sanatorium wycieczke rehabilitacje "
    "dermatologa urologa rodzinnego pediatry ginekologa okulistki spotkania zajec zajecia lekcje gosci bilet bilety "
    "smsa wiadomosc wiadomosci poprzedniego poprzednia poprzedniej",
    "change.1": "przekladam zmieniam przesuwam przenosze",
    "change.inf": "przelozyc zmienic przesunac przeniesc przebukowac przepisac zamienic przestawic przekladac zmieniac "
    "przesuwac przenosic przepisac przyspieszyc opoznic odroczyc przelozyć przeozyc przelozc",
    "change.imp": "przelozcie zmiencie przesuncie przeniescie zmien przesun przeloz przelozyc przepiszcie przesunmy",
    "change.noun": "zmiana zmiane zmiany przelozenie przelozenia przesuniecie przesuniecia przeniesienie przeniesienia "
    "przesuniecie",
    "change.past": "przelozyl(em,am,i) zmienil(em,am,i) przesunal przesunelam przesuneli przeniesiona przeniesiony "
    "przelozona przelozony zmieniona zmieniony przesunieta przesuniety przelozono zmieniono przesunieto przeniesli",
    "other.date": "inny inna inne innego innej innym nowy nowa nowego nowej pozniejszy pozniejsza wczesniejszy "
    "wczesniejsza pozniejszego wczesniejszego kolejny kolejnego nastepny nastepnego dalszy blizszy",
    "other.time": "pozniej wczesniej",
    "confirm.1": "potwierdzam potwierdzamy potwierdzone potwierdz potwiedzam potwierdzma potwierdam",
    "confirm.inf": "potwierdzic",
    "confirm.noun": "potwierdzenie potwierdzenia",
    "valid": "aktualne aktualna aktualny zostaje pasuje odpowiada pasi zostawiam zostawcie zostawic zostaw zachowac "
    "zachowuje utrzymuje utrzymac podtrzymuje obowiazuje niezmienna zostaja pamietam",
    "invalid": "nieaktualne nieaktualna nieaktualny niepotrzebna niepotrzebne niepotrzebny zbedna zbedny",
    "fits": "pasuje odpowiada pasowal pasowala",
    "doubt": "chyba moze raczej prawdopodobnie ewentualnie mozliwe niewykluczone najwyzej watpie watpliwe zastanawiam "
    "waham podobno ponoc rzekomo zobacze zobaczymy byc_moze obawiam boje przypuszczam pewnie niepewna niepewny "
    "rozwazam przemysle pomysle mysle sadze zapewne podejrzewam",
    "if": "jesli jezeli gdyby gdybym gdybysmy jakby jakbym ile razie przypadku chyba_ze gdy kiedys wypadku jak zaleznie "
    "zalezy uzaleznione inaczej dopiero dopoki poki",
    "ask": "czy jak kiedy gdzie co ile jaki jaka jakie jakiego kto kogo komu dlaczego czemu skad ktora ktory ktorej "
    "kturej po_co czyli",
    "said": "mowi mowil mowila mowili powiedzial powiedziala powiedzieli pisze napisal napisala pisal pisala kazal "
    "kazala kaza kazali pyta pytal pytala pytaja twierdzi twierdzil slyszalem slyszalam poinformowano poinformowali "
    "poinformowal uslyszalem podobno ponoc mowiono napisane pisalo radzi radzil namawia namawiaja sugeruje doradza "
    "zadzwonila zadzwonil zadzwonili dzwonila dzwonili dzwonil napisali pisza mowia myslalem myslalam dostalem dostalam "
    "otrzymalem otrzymalam przyszedl_sms powiedziano uwaza chce_zebym",
    "family": "mama mamy mamusia tata taty maz zona corka syn babcia dziadek dziecko dziecka ojciec matka tesciowa "
    "tesc siostra brat ciocia wujek pacjent pacjentka pacjenta pacjentki wnuczka wnuk synek coreczka podopieczna "
    "podopieczny mame tate meza zone corke syna babcie dziadka ojca matke mamie",
    "doctor": "lekarz lekarka doktor pani pan przychodnia klinika szpital rejestracja placowka panstwo kardiolog "
    "recepcja rejestratorka placowki przychodni",
    "self": "ja my sam sama osobiscie",
    "clitic": "sie mi juz tam tez jutro dzis dzisiaj pojutrze niestety wiec to na pewno jednak wcale w ogole bardzo "
    "teraz raczej panstwu wam pani panu ja my i a no jej go za po do u z ze o tym ten ta te tej tego tego sam sama te "
    "ta jednak poprostu prostu absolutnie napewno zadnym wypadku wogole obecnie w tym_roku stanie zatem niestey "
    "bo rano wieczorem poniedzialek wtorek srode czwartek piatek sobote niedziele osobiscie bym",
    "filler": "witam dzien dobry czesc hej halo serdecznie pozdrawiam pozdrowienia dziekuje dziekuje dzieki przepraszam "
    "sorry sory sorki przykro szanowni panstwo dobry wieczor wieczor milego dnia zdrowia z powazaniem wyrazami "
    "szacunku uprzejmie bardzo prosze niestety jednak ale a i no wiec eee yyy hmm hm ojej oj ach o",
    "thanks": "dziekuje dziekuje dzieki dziekujemy dzieka dziekowac dziekii dziekuje dziekuj podziekowania thx bardzo_dziekuje",
    "because": "bo poniewaz gdyz powodu dlatego albowiem wzgledu poniewarz bowiem",
    "but": "ale lecz natomiast tylko jednak a",
    "fix": "pomylka pomylkowo pomylilem pomylilam pomylke przypadkiem przypadkowo omylkowo niechcacy",
    "undo": "cofnij cofnac cofam cofnijcie cofniecie przywroc przywroccie przywrocic przywrocenie przywrocenia odkrec "
    "odkrecic wycofuje_sie anulowac_odwolanie odwolac_odwolanie cofnji confij",
    "other.verb": "czekac zapomniec zapomne spozniac spoznic spoznie dzwonic zadzwonic pisac zalogowac znalezc oddychac "
    "doczekac dodzwonic placic rozmawiac rozumiec widze wiem widziec wiedziec zapisac zapisywac umowic rejestrowac "
    "potwierdzic jesc pic brac zmieniac wejsc otworzyc odebrac odbierac odpisac mowic spac wstac schodzic chodzic "
    "wysylac wysylajcie wysylaj pisac piszcie",
}

PHRASES: dict[str, str] = {
    "chyba ze": "gdyby",
    "byc moze": "chyba",
    "o ile": "gdyby",
    "w razie": "gdyby",
    "w przypadku": "gdyby",
    "w wypadku": "gdyby",
    "na wypadek": "gdyby",
    "pod warunkiem": "gdyby",
    "na pewno": "napewno",
    "nie wiem": "chyba",
    "nie wiemy": "chyba",
    "nie wiadomo": "chyba",
    "niewiem": "chyba",
    "nie mam pewnosci": "chyba",
    "nie jestem pewna": "chyba",
    "nie jestem pewny": "chyba",
    "nie jestem pewien": "chyba",
    "trudno powiedziec": "chyba",
    "nie jestem w stanie": "nie moge",
    "nie bede w stanie": "nie moge",
    "nie ma mowy": "nigdzie",
    "nie ma opcji": "nigdzie",
    "nie ma szans": "nigdzie",
    "nie ma mozliwosci": "nigdzie",
    "nieprawda": "nigdzie",
    "nie jest prawda": "nigdzie",
    "nie to zebym": "nigdzie",
    "nie zebym": "nigdzie",
    "nie tylko": "tylko",
    "od woluje": "odwoluje",
    "od wolac": "odwolac",
    "nie moglabym": "nie moge",
    "nie moglbym": "nie moge",
    "niemoge": "nie moge",
    "niedam": "nie dam",
    "niebede": "nie bede",
    "nieprzyjde": "nie przyjde",
    "nieprzyde": "nie przyjde",
    "nieodwoluje": "nie odwoluje",
    "nieodwolywac": "nie odwolywac",
    "nieodwolujcie": "nie odwolujcie",
    "nierezygnuje": "nie rezygnuje",
    "nieanuluje": "nie anuluje",
    "nieanulowac": "nie anulowac",
    "niedotre": "nie dotre",
    "niechce": "nie chce",
    "niepotwierdzam": "nie potwierdzam",
    "niepasuje": "nie pasuje",
    "niezdaze": "nie zdaze",
    "niema": "nie ma",
    "niemam": "nie mam",
    "nie ma mnie": "mnie nie bedzie",
    "mam zamiar": "planuje",
    "mam zamiaru": "zamierzam",
    "mam ochoty": "chce",
    "mam ochote": "chce",
    "mam potrzeby": "zamierzam",
    "z powodu": "bo",
    "ze wzgledu": "bo",
    "nici z": "rezygnuje",
}
